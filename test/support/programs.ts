import { join } from 'node:path';

/** Which files are run. */
export interface Programs {
  readonly coordinator: string;
  readonly agent: string;
  readonly cli: string;
}

/** Picket's programs in a folder that `build` or `build --programs` has made. */
export function programsIn(folder: string): Programs {
  return {
    coordinator: join(folder, 'picket-coordinator.cjs'),
    agent: join(folder, 'picket-agent.cjs'),
    cli: join(folder, 'picket.cjs'),
  };
}

const built = process.env.PICKET_TEST_PROGRAMS;
const source = (name: string) => join(import.meta.dirname, `../../packages/${name}/src/main.ts`);

/** Picket's programs as they are written; a test that changes a module of theirs cannot do so to a built one. */
export const sources: Programs = { coordinator: source('coordinator'), agent: source('agent'), cli: source('cli') };

/**
 * What tests start: the programs that were built for this run of the tests, which are what users get and start four
 * times as fast as the sources; outside of such a run, the sources.
 */
export const programs: Programs = built === undefined ? sources : programsIn(built);
