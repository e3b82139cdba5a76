import { restoreAction } from '@picket/shared/audit/verify-log.ts';
import { withoutSecretsIn } from '@picket/shared/secrets.ts';
import type { NewAuditEntry } from '../inventory/inventory.ts';
import type { Instant } from '../model/instant.ts';
import type { Difference } from './difference.ts';

/** An entry with the facts that are given; the others are null. No secret that was pasted into a name is in it (R11). */
export function auditEntry(
  facts: Pick<NewAuditEntry, 'at' | 'kind' | 'by' | 'action'> & Partial<NewAuditEntry>,
): NewAuditEntry {
  return {
    role: null,
    serial: null,
    from: null,
    request: null,
    outcome: null,
    count: null,
    before: null,
    after: null,
    ...facts,
    ...withoutSecretsIn({ object: facts.object ?? null, asked: facts.asked ?? null }),
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
