import type { Test } from 'tap';
import { until } from '../support/until.ts';
import type { Lab } from './lab.ts';
import { cluster } from './names.ts';

/** Long enough for the oldest report that still speaks of now, and for a machine that has much else to do. */
const patienceMs = 180_000;

/**
 * What `picket status` says once it has these words, as the operator reads it. It is shown with the test's output, and
 * in the error if the words never come.
 *
 * @param when names the moment, such as "a disk is full"
 */
export async function statusSaid(t: Test, lab: Lab, when: string, words: RegExp): Promise<string> {
  let last = '';
  const look = async () => {
    const { stdout, stderr } = await lab.picket('status', cluster);
    last = stdout + stderr;
    return words.test(last);
  };
  await until(`picket status says ${words}`, look, { within: patienceMs, every: 500, lastSeen: () => last });
  t.comment(`${when}, picket status says:\n${last}`);
  return last;
}
