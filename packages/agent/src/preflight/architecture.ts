import { failure } from '@picket/shared/errors.ts';
import { type Check, ok } from './check.ts';

const supported: Readonly<Record<string, string>> = { arm64: 'aarch64', x64: 'x86-64' };

const narrow: Readonly<Record<string, string>> = { arm: '32-bit Arm', ia32: '32-bit x86' };

/**
 * Throws `architecture_unsupported` unless etcd's maintainers support it: only Linux on amd64 and arm64 are tier 1
 * (etcd's documentation, "Supported platforms").
 *
 * @param architecture in Node's spelling: that of the system's programs, even if the kernel below them is 64-bit
 */
export function checkArchitecture(architecture: string): Check {
  const name = supported[architecture];
  if (name !== undefined) return ok('architecture', name);
  const bits32 = narrow[architecture];
  throw bits32 !== undefined
    ? failure('architecture_unsupported', {
        architecture: bits32,
        reason: 'etcd is tested and supported on 64-bit systems only, and refuses to start on others by default',
        remedy:
          'Install a 64-bit system (aarch64 or x86-64): a Raspberry Pi 3, Zero 2 W or later runs one. Nothing was touched.',
      })
    : failure('architecture_unsupported', {
        architecture,
        reason: 'etcd is tested only on x86-64 and aarch64',
        remedy: 'Use another machine. Nothing was touched.',
      });
}
