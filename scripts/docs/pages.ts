import { alertsDocument } from './alerts.ts';
import { cliDocument } from './cli.ts';
import { configurationDocument } from './configuration.ts';
import { errorsDocument } from './errors.ts';
import { etcdAdvisoriesDocument } from './etcd-advisories.ts';
import { metricsDocument } from './metrics.ts';

/** The pages of docs/reference that are made from the code, by file name. */
export const pages: Readonly<Record<string, () => string | Promise<string>>> = {
  '../../packaging/prometheus/picket-alerts.yml': alertsDocument,
  'cli.md': cliDocument,
  'configuration.md': configurationDocument,
  'errors.md': errorsDocument,
  'etcd-advisories.md': etcdAdvisoriesDocument,
  'metrics.md': metricsDocument,
};
