import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Where a lab has another text than the product has. */
export interface Seam {
  /** Path of the source file, from the workspace's folder on. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
  /** The same in the agent, which is bundled and made smaller. */
  readonly built: { readonly find: string; readonly replace: string };
}

const project = join(import.meta.dirname, '../..');
const replaceSource = pathToFileURL(join(project, 'test/mutants/replace-source.mjs')).href;

/** Of a Node.js whose program runs from its sources. */
export const seamArguments = ['--import', replaceSource];

/** The environment that {@link seamArguments} goes by. */
export function seamEnvironment(seam: Seam | undefined): Readonly<Record<string, string>> {
  if (seam === undefined) return {};
  const { file, find, replace } = seam;
  return { PICKET_TEST_MUTANT: JSON.stringify({ url: pathToFileURL(join(project, file)).href, find, replace }) };
}

/** The text of a built program with the seam in it. Throws unless it occurs there once. */
export function withSeam(text: string, { built }: Seam): string {
  const parts = text.split(built.find);
  if (parts.length !== 2) throw new Error(`The built program has ${built.find} ${parts.length - 1} times.`);
  return parts.join(built.replace);
}

/** Takes two patches of one minor version of etcd, which can be had, for two minor versions, of which the second cannot. */
export const patchIsMinor: Seam = {
  file: 'packages/shared/src/etcd-version.ts',
  find: "version.split('.', 2).join('.')",
  replace: "version.split('.', 3).join('.')",
  built: { find: '.split(".",2).join(".")', replace: '.split(".",3).join(".")' },
};
