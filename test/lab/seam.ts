import { environmentOf, replacingSource } from '../mutants/replacing-source.ts';
import type { SourceChange } from '../mutants/source-change.ts';

/** Where a lab has another text than the product has. */
export interface Seam extends SourceChange {
  /** The same in the agent, which is bundled and made smaller. */
  readonly built: { readonly find: string; readonly replace: string };
}

/** Of a Node.js whose program runs from its sources. */
export const seamArguments = replacingSource;

/** The environment that {@link seamArguments} goes by. */
export function seamEnvironment(seam: Seam | undefined): Readonly<Record<string, string>> {
  return seam === undefined ? {} : environmentOf(seam);
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
  in: 'minorOf',
  guard: "version.split('.', 2)",
  without: "version.split('.', 3)",
  built: { find: '.split(".",2).join(".")', replace: '.split(".",3).join(".")' },
};
