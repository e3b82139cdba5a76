import { stat } from 'node:fs/promises';

/**
 * Tells the version of the etcd installed at a path, null where none runs. The binary is asked once for each time
 * that it changed: on a small board even `--version` takes a while.
 *
 * @param ask starts the binary; throws where that is in vain
 */
export function etcdVersionReader(
  binary: string,
  ask: (binary: string) => Promise<string>,
): () => Promise<string | null> {
  let known: { readonly stamp: string; readonly version: string } | null = null;
  return async () => {
    try {
      const { mtimeMs, size, ino } = await stat(binary);
      const stamp = [mtimeMs, size, ino].join(' ');
      if (known?.stamp !== stamp) known = { stamp, version: await ask(binary) };
      return known.version;
    } catch {
      // Not there, not to be run, or not for this machine: in each case etcd is not installed.
      return null;
    }
  };
}
