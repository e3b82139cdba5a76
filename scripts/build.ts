import { chmod, stat } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { build } from 'esbuild';

const root = join(import.meta.dirname, '..');

/**
 * Makes dist/picket-agent.cjs, or the file named on the command line: the agent in one file, which Node.js 22.19 or
 * later runs with nothing installed. It must stay free of native modules and of pino transports, neither of which survives bundling.
 */
async function buildAgent(outfile: string): Promise<void> {
  // For builds that can be repeated byte by byte (reproducible-builds.org): the agent is told when it was built.
  const epoch = process.env.SOURCE_DATE_EPOCH;
  const builtAt = new Date(epoch === undefined ? Date.now() : Number(epoch) * 1000).toISOString();
  const { metafile } = await build({
    entryPoints: [join(root, 'packages/agent/src/main.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node22.19',
    format: 'cjs',
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'eof',
    define: { PICKET_BUILD_TIME: JSON.stringify(builtAt) },
    metafile: true,
    logLevel: 'warning',
  });
  const native = Object.keys(metafile.inputs).filter(
    (input) => input.endsWith('.node') || input.includes('better-sqlite3'),
  );
  if (native.length > 0) throw new Error(`the agent must hold no native module, and holds ${native.join(', ')}`);
  await chmod(outfile, 0o755);
  console.log(
    `${relative(process.cwd(), outfile)}  ${((await stat(outfile)).size / 1024).toFixed(0)} KiB, built at ${builtAt}`,
  );
}

await buildAgent(resolve(process.argv[2] ?? join(root, 'dist/picket-agent.cjs')));
