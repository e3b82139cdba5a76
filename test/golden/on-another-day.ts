import { join } from 'node:path';
import type { Test } from 'tap';
import { runToEnd } from '../support/children.ts';
import { fakeClock } from '../support/faketime.ts';

const root = join(import.meta.dirname, '../..');

/** The test files whose scenes hold dates. None of them starts an etcd, whose clock libfaketime does not move. */
const scenes = ['api', 'cli', 'members', 'rendered', 'session'] as const;

/** A recording is made on one day and compared on all others: this compares them on such a day, in such a time zone. */
export async function scenesHold(t: Test, { at, zone }: { readonly at: Date; readonly zone: string }): Promise<void> {
  const clock = await fakeClock(t.testdir());
  if (clock === undefined) throw new Error('libfaketime comes from Debian’s packages, and there is no apt here');
  await clock.set(at);
  for (const name of scenes) {
    const env = {
      ...clock.env,
      TZ: zone,
      TAP: '1',
      TAP_CHILD_ID: '0',
    };
    const args = ['--import=./scripts/bare-test-process.mjs', `test/golden/${name}.test.ts`];
    const { code, stdout } = await runToEnd(process.execPath, args, { env, cwd: root });
    t.equal(code, 0, `${name} at ${at.toISOString()} in ${zone}`);
    if (code !== 0) t.comment(stdout.slice(-10_000));
  }
}
