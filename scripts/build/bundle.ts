import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { root } from './project.ts';

export interface Bundle {
  /** Its main file, from the workspace's folder on. */
  readonly entry: string;
  readonly outfile: string;
  readonly define?: Readonly<Record<string, string>>;
  /** Packages with native code, which cannot be bundled; the file finds them in a node_modules beside it. */
  readonly external?: readonly string[];
  readonly plugins?: readonly Plugin[];
  /** Shortens names of variables: a third less to read at each start, and stack traces without the names of functions. */
  readonly shortNames?: boolean;
}

/**
 * Makes one CommonJS file, which Node.js 22.19 or later runs. pino transports do not survive it. Gives back the source
 * files in it, from the workspace's folder on.
 */
export async function bundle({
  entry,
  outfile,
  define = {},
  external = [],
  plugins = [],
  shortNames = false,
}: Bundle): Promise<readonly string[]> {
  const { metafile } = await build({
    // Whatever it prints or orders by a path must not depend on where the workspace lies or who is in which folder.
    absWorkingDir: root,
    entryPoints: [join(root, entry)],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node22.19',
    format: 'cjs',
    minifySyntax: true,
    minifyWhitespace: true,
    minifyIdentifiers: shortNames,
    legalComments: 'eof',
    define: { ...define },
    external: [...external],
    plugins: [...plugins],
    metafile: true,
    logLevel: 'warning',
  });
  const inputs = Object.keys(metafile.inputs);
  const native = inputs.filter((input) => input.endsWith('.node') || input.includes('better-sqlite3'));
  if (native.length > 0) throw new Error(`${entry} must bundle no native module, and bundles ${native.join(', ')}`);
  await chmod(outfile, 0o755);
  return inputs;
}
