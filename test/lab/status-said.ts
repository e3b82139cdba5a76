import { noPaint } from '@picket/cli/render/paint.ts';
import { renderStatus } from '@picket/cli/render/status.ts';
import type { ClusterStatusView } from '@picket/shared/protocol/clusters.ts';
import type { ReasonCode } from '@picket/shared/reasons/reason.ts';
import type { Test } from 'tap';
import { tellsOf } from '../support/told.ts';
import { until } from '../support/until.ts';
import type { Lab } from './lab.ts';
import { cluster } from './names.ts';

/** Long enough for the oldest report that still speaks of now, and for a machine that has much else to do. */
const patienceMs = 180_000;

/** A reason that the status must have or that must be among the facts of one, with these facts among others. */
type Wanted = { readonly code: ReasonCode; readonly facts?: object };

/**
 * What `picket status` says once it has all these words and reasons, as the operator reads it. It is shown with the test's
 * output, and in the error if they never come.
 *
 * @param when names the moment, such as "a disk is full"
 */
export async function statusSaid(
  t: Test,
  lab: Lab,
  when: string,
  wanted: RegExp | Wanted | readonly (RegExp | string | Wanted)[],
): Promise<{ readonly text: string; readonly view: ClusterStatusView }> {
  let last = '';
  const all = [wanted].flat();
  const has = (text: string) =>
    all.every((one) => (typeof one === 'string' ? text.includes(one) : !(one instanceof RegExp) || one.test(text)));
  const tells = (view: ClusterStatusView) =>
    all.every((one) => typeof one === 'string' || one instanceof RegExp || tellsOf(one.code, one.facts)(view));
  const look = async () => {
    const view = await lab.status();
    last = renderStatus(view, noPaint);
    // The program itself only then: each start of it costs as much as many of these looks.
    if (!has(last) || !tells(view)) return false;
    const { stdout, stderr } = await lab.picket('status', cluster);
    last = stdout + stderr;
    return has(last) && view;
  };
  const what = `picket status says ${all.map((one) => (one instanceof RegExp ? one : JSON.stringify(one))).join(', ')}`;
  const view = await until(what, look, { within: patienceMs, every: 500, lastSeen: () => last });
  t.comment(`${when}, picket status says:\n${last}`);
  return { text: last, view };
}
