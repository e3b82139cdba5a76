import { plain } from '@picket/shared/plain.ts';
import type { Page } from '@picket/shared/protocol/page.ts';
import type { RevisionView } from '@picket/shared/protocol/revisions.ts';
import { differences } from './differences.ts';
import { renderTable } from './table.ts';
import { dateTime } from './units.ts';

/** `picket cluster history`: what each revision changed. */
export function revisionTable({ items }: Page<RevisionView>): string {
  return renderTable(
    ['REVISION', 'AT', 'BY', 'CHANGED'],
    items.map(({ revision, at, by, spec }, index) => {
      const before = items[index + 1];
      const found = before === undefined ? null : differences(before.spec, spec);
      const changed = found
        ?.map(({ setting, from, to }) => `${setting}: ${from ?? '(none)'} → ${to ?? '(none)'}`)
        .join('; ');
      return [String(revision), dateTime(at), plain(by), plain(changed ?? '(declared)') || '(nothing)'];
    }),
  );
}
