import { spawnSync } from 'node:child_process';

const ways = [['--mount', '--map-root-user'], ['--mount']] as const;
const way = ways.find(
  (options) => spawnSync('unshare', [...options, 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0,
);

// A full disk that was never tried must not look like one that was handled.
if (way === undefined && process.env.CI === 'true') {
  throw new Error('This machine lets no test mount a small disk: allow user namespaces, or run the tests as root.');
}

/** What to give to `unshare` so that its program may mount file systems which nobody else sees. */
export const ownMounts: readonly string[] = way ?? [];

/** Options of a test that mounts: it is skipped where that is not allowed, except in CI, which then fails. */
export const mountsNeeded = way === undefined ? { skip: 'mounting is not allowed here' } : {};
