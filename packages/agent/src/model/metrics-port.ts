import { PicketError } from '@picket/shared/errors.ts';
import { parse } from '@picket/shared/etcd-config/parse.ts';

/** Where an etcd with this conf.yml tells of its health; null for one that is not Picket's to read. */
export function metricsPortOf(conf: string): number | null {
  try {
    const [url] = parse(conf).listenMetricsUrls;
    return url === undefined ? null : Number(new URL(url).port);
  } catch (error) {
    if (error instanceof PicketError || error instanceof TypeError) return null;
    throw error;
  }
}
