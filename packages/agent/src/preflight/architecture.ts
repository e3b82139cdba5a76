import { failure } from '@picket/shared/errors.ts';
import { type Check, ok } from './check.ts';

const supported: Readonly<Record<string, string>> = { arm64: 'aarch64', x64: 'x86-64' };

/**
 * Throws `architecture_unsupported` unless etcd's maintainers support it: Linux on amd64 and arm64 alone are of their
 * first tier (etcd's documentation, "Supported platforms").
 *
 * @param architecture as Node names it: that of the system's programs, a 64-bit kernel below them or not
 */
export function checkArchitecture(architecture: string): Check {
  const name = supported[architecture];
  if (name !== undefined) return ok('architecture', name);
  throw architecture === 'arm'
    ? failure('architecture_unsupported', {
        architecture: '32-bit Arm',
        reason: 'etcd does not support it, and starts there only where it is told to run unsupported',
        remedy: 'Install a 64-bit system (aarch64): a Raspberry Pi 3, Zero 2 W or later runs one. Nothing was touched.',
      })
    : failure('architecture_unsupported', {
        architecture,
        reason: 'etcd is not tested elsewhere',
        remedy: 'Use another machine. Nothing was touched.',
      });
}
