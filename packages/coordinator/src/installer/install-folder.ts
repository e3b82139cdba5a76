import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * The folder of the files for nodes, unless coordinator.yml names it: beside the program, as `npm run build` and
 * packages place them, or the dist/ of the checkout whose sources run.
 *
 * @param program the file that Node.js was started with
 */
export function installFolder(program: string): string {
  const here = dirname(realpathSync(program));
  const beside = join(here, 'install');
  return existsSync(beside) ? beside : join(here, '../../../dist/install');
}
