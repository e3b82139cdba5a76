import { failure } from '@picket/shared/errors.ts';
import { type Check, ok } from './check.ts';

const supported: Readonly<Record<string, string>> = { arm64: 'aarch64', x64: 'x86-64' };

/**
 * Throws `architecture_unsupported` unless etcd's maintainers support it: only Linux on amd64 and arm64 are tier 1
 * (etcd's documentation, "Supported platforms").
 *
 * @param architecture in Node's spelling: that of the system's programs, even if the kernel below them is 64-bit
 */
export function checkArchitecture(architecture: string): Check {
  const name = supported[architecture];
  if (name !== undefined) return ok('architecture', name);
  throw architecture === 'arm'
    ? failure('architecture_unsupported', {
        architecture: '32-bit Arm',
        reason: 'etcd does not support it and refuses to start there by default',
        remedy: 'Install a 64-bit system (aarch64): a Raspberry Pi 3, Zero 2 W or later runs one. Nothing was touched.',
      })
    : failure('architecture_unsupported', {
        architecture,
        reason: 'etcd is tested only on x86-64 and aarch64',
        remedy: 'Use another machine. Nothing was touched.',
      });
}
