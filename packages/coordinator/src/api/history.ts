import { clusterContracts } from '@picket/shared/contract/clusters.ts';
import { failure } from '@picket/shared/errors.ts';
import { didYouMean } from '@picket/shared/etcd-config/did-you-mean.ts';
import { parseIsoTime } from '@picket/shared/iso-time.ts';
import { historyMetrics } from '@picket/shared/protocol/history.ts';
import { historyView } from '../history/history-view.ts';
import type { ApiDeps } from './deps.ts';
import { knownWords } from './page.ts';
import { type App, route } from './route.ts';

const all = `there are ${historyMetrics.join(', ')}`;
/** In milliseconds. */
const sinceByDefault = 24 * 3_600_000;

/** `GET /v1/clusters/:name/history`: what the members have reported in the last days. */
export function historyRoutes(app: App, { history, now }: ApiDeps): void {
  route(
    app,
    clusterContracts.history,
    { quota: 'operatorPages' },
    async ({ params: { name }, query: { metric, member, since } }) => {
      const metrics = metric === undefined ? historyMetrics : knownWords('metric', metric, historyMetrics, all);
      const rings = await history.of(name);
      const shown = [...rings].filter(([one]) => member === undefined || one === member);
      if (member !== undefined && shown.length === 0)
        throw failure('member_not_declared', {
          cluster: name,
          member,
          declared: [...rings.keys()].join(', '),
          near: didYouMean(member, [...rings.keys()]),
        });
      return historyView(new Map(shown), {
        cluster: name,
        metrics: [...new Set(metrics)],
        since: since === undefined ? now() - sinceByDefault : parseIsoTime(since),
        now: now(),
      });
    },
  );
}
