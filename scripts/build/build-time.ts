import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { root } from './project.ts';

const run = promisify(execFile);

export interface BuildTime {
  /** In whole seconds since the epoch. */
  readonly seconds: number;
  /** For the reader of the build's output. */
  readonly from: string;
}

/**
 * The one time that everything built carries: SOURCE_DATE_EPOCH (reproducible-builds.org), else the commit's, so that
 * one commit gives the same bytes wherever and whenever it is built. Files that no commit has are of now, and of no
 * build that could be repeated.
 */
export async function buildTime(env: NodeJS.ProcessEnv, folder = root): Promise<BuildTime> {
  const given = env.SOURCE_DATE_EPOCH;
  if (given !== undefined && given !== '') {
    if (!/^\d{1,12}$/.test(given)) throw new Error(`SOURCE_DATE_EPOCH is ${given}, not seconds since 1970.`);
    return { seconds: Number(given), from: 'SOURCE_DATE_EPOCH' };
  }
  const now = Math.floor(Date.now() / 1000);
  const git = (...args: string[]) => run('git', ['-C', folder, ...args], { env: { ...env, GIT_OPTIONAL_LOCKS: '0' } });
  try {
    const [changes, commit] = await Promise.all([
      git('status', '--porcelain'),
      git('log', '-1', '--format=%ct', '--no-show-signature'),
    ]);
    if (changes.stdout !== '') return { seconds: now, from: 'now: there are changes that no commit has' };
    return { seconds: Number(commit.stdout), from: 'its commit' };
  } catch {
    return { seconds: now, from: 'now: git knows no commit of it' };
  }
}
