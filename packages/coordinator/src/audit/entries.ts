import { restoreAction } from '@picket/shared/audit/verify-log.ts';
import type { NewAuditEntry } from '../inventory/inventory.ts';
import type { Instant } from '../model/instant.ts';
import type { Difference } from './difference.ts';

/** An entry with the facts that are given; the others are null. */
export function auditEntry(
  facts: Pick<NewAuditEntry, 'at' | 'kind' | 'by' | 'action'> & Partial<NewAuditEntry>,
): NewAuditEntry {
  return {
    role: null,
    serial: null,
    from: null,
    object: null,
    asked: null,
    request: null,
    outcome: null,
    count: null,
    before: null,
    after: null,
    ...facts,
  };
}

/** A command on the coordinator's machine, by somebody who may write to its data folder. */
export function commandEntry(
  at: Instant,
  command: 'init' | 'operator' | 'restore' | 'accept-clock',
  { object, before, after }: Difference & { readonly object: string },
): NewAuditEntry {
  const action =
    command === 'restore'
      ? restoreAction
      : `picket-coordinator ${command === 'accept-clock' ? '--accept-clock' : command}`;
  return auditEntry({ at, kind: 'command', by: 'this machine', action, object, outcome: 'done', before, after });
}
