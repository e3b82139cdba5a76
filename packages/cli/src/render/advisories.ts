import { conditionWords, effectWords } from '@picket/shared/advisories/in-words.ts';
import type { AdvisoriesView, AdvisoryView } from '@picket/shared/protocol/advisories.ts';
import { renderTable } from './table.ts';

/** `picket advisories` */
export function renderAdvisories({ cluster: name, versions, advisories }: AdvisoriesView): string {
  if (versions.length === 0) return `No member of ${name} has reported its version of etcd yet.`;
  const run = versions.map(({ version, members }) => `etcd ${version}: ${members.join(', ')}`);
  const concerning = advisories.filter(({ verdict }) => verdict === 'applies');
  const perhaps = advisories.filter(({ verdict }) => verdict !== 'applies');
  return [
    run.join('\n'),
    concerning.length === 0
      ? 'No known fault of these versions concerns this cluster in any case.'
      : ['These known faults concern this cluster:', ...concerning.map(blockOf)].join('\n'),
    ...(perhaps.length === 0
      ? []
      : ['These concern it only in some cases; `picket explain ID` says more:', tableOf(perhaps)]),
    'Picket compares numbers of versions: if your system has put a fix into an older version, a fault is listed all the same.',
  ].join('\n\n');
}

function blockOf({ id, severity, means, action, fixed, versions }: AdvisoryView): string {
  return [`- ${id} (${severity}; etcd ${versions.join(', ')}; ${fixes(fixed)})`, `    ${means}`, `    ${action}`].join(
    '\n',
  );
}

function fixes(fixed: readonly string[]): string {
  return fixed.length === 0 ? 'not fixed yet' : `fixed in ${fixed.join(', ')}`;
}

function tableOf(perhaps: readonly AdvisoryView[]): string {
  return renderTable(
    ['ID', 'SEVERITY', 'WHAT CAN HAPPEN', 'ONLY', 'FIXED IN'],
    perhaps.map(({ id, severity, effect, concerns, fixed, verdict }) => [
      id,
      severity,
      effectWords[effect],
      verdict === 'unknown' ? `${conditionWords[concerns]} (not known yet)` : conditionWords[concerns],
      fixed.join(', ') || null,
    ]),
  );
}
