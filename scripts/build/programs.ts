import type { BuildTime } from './build-time.ts';
import { bundle } from './bundle.ts';

/** The agent in one file, which runs with nothing installed but Node.js. It is told when it was built (R14). */
export function bundleAgent(outfile: string, { seconds }: BuildTime): Promise<readonly string[]> {
  const builtAt = new Date(seconds * 1000).toISOString();
  return bundle({
    entry: 'packages/agent/src/main.ts',
    outfile,
    define: { PICKET_BUILD_TIME: JSON.stringify(builtAt) },
  });
}

/** The coordinator, which needs better-sqlite3 in a node_modules beside it or above. */
export function bundleCoordinator(outfile: string): Promise<readonly string[]> {
  return bundle({ entry: 'packages/coordinator/src/main.ts', outfile, external: ['better-sqlite3'] });
}

/** The operator's `picket`. */
export function bundleCli(outfile: string): Promise<readonly string[]> {
  return bundle({ entry: 'packages/cli/src/main.ts', outfile });
}
