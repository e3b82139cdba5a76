import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * Where the files for nodes lie unless coordinator.yml says it: beside the program, as `npm run build` and packages lay
 * them, or in the dist/ of the checkout whose sources run.
 *
 * @param program the file that Node.js was started with
 */
export function installFolder(program: string): string {
  const here = dirname(realpathSync(program));
  const beside = join(here, 'install');
  return existsSync(beside) ? beside : join(here, '../../../dist/install');
}
