import { access, constants } from 'node:fs/promises';

/** Whether this user can reach a file by this path; with another mode, whether the user may use it so. */
export function exists(path: string, mode = constants.F_OK): Promise<boolean> {
  return access(path, mode).then(
    () => true,
    () => false,
  );
}
