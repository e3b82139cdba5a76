import { noPaint } from '@picket/cli/render/paint.ts';
import { renderStatus } from '@picket/cli/render/status.ts';
import type { Test } from 'tap';
import { until } from '../support/until.ts';
import type { Lab } from './lab.ts';
import { cluster } from './names.ts';

/** Long enough for the oldest report that still speaks of now, and for a machine that has much else to do. */
const patienceMs = 180_000;

/**
 * What `picket status` says once it has all these words, as the operator reads it. It is shown with the test's output, and
 * in the error if the words never come.
 *
 * @param when names the moment, such as "a disk is full"
 */
export async function statusSaid(
  t: Test,
  lab: Lab,
  when: string,
  words: RegExp | readonly (RegExp | string)[],
): Promise<string> {
  let last = '';
  const all = [words].flat();
  const has = (text: string) => all.every((word) => (typeof word === 'string' ? text.includes(word) : word.test(text)));
  const look = async () => {
    last = await lab.status().then(
      (view) => renderStatus(view, noPaint),
      (error: Error) => error.message,
    );
    // The program itself only then: each start of it costs as much as many of these looks.
    if (!has(last)) return false;
    const { stdout, stderr } = await lab.picket('status', cluster);
    last = stdout + stderr;
    return has(last);
  };
  const what = `picket status says ${all.join(', ')}`;
  await until(what, look, { within: patienceMs, every: 500, lastSeen: () => last });
  t.comment(`${when}, picket status says:\n${last}`);
  return last;
}
