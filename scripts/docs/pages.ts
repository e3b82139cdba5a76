import { cliDocument } from './cli.ts';
import { configurationDocument } from './configuration.ts';
import { errorsDocument } from './errors.ts';
import { metricsDocument } from './metrics.ts';
import { eventsDocument, reasonsDocument } from './reasons.ts';

/** The pages of docs/reference that are made from the code, by file name. */
export const pages: Readonly<Record<string, () => string | Promise<string>>> = {
  'cli.md': cliDocument,
  'configuration.md': configurationDocument,
  'errors.md': errorsDocument,
  'events.md': eventsDocument,
  'metrics.md': metricsDocument,
  'reasons.md': reasonsDocument,
};
