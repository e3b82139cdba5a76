import type { DiagnosisView } from '@picket/shared/protocol/diagnosis.ts';
import type { Test } from 'tap';
import { alertsOf } from './alerts.ts';
import { until } from './until.ts';

const within = 180_000;

export interface Fault {
  /** Of the finding that must come first. */
  readonly cause: string;
  /** Whom it concerns; empty for the whole cluster. */
  readonly members: readonly string[];
  /** That go off by a scrape while it lasts. */
  readonly alerts: readonly string[];
  /** That may go off besides, at some moments. */
  readonly may?: readonly string[];
}

/** Asks a real coordinator. */
export interface Look {
  diagnosis(): Promise<DiagnosisView>;
  scrape(): Promise<string>;
}

/** What a busy test machine shows besides. */
function isOfBusyMachine({ cause: { code } }: DiagnosisView['findings'][number]): boolean {
  return code.startsWith('cause_slow_disk');
}

/**
 * Resolves once the first finding is this one, and a scrape of the same moment sets off these alerts.
 *
 * @param before a scrape from before the fault
 */
export async function faultFound(t: Test, look: Look, before: string, fault: Fault): Promise<void> {
  const { cause, members, alerts, may = [] } = fault;
  let last = '';
  await until(
    `the diagnosis finds ${cause}, and ${alerts.join(', ') || 'no alerts'} go off`,
    async () => {
      const [view, during] = await Promise.all([look.diagnosis(), look.scrape()]);
      last = summaryOf(view);
      const [first] = view.findings.filter((one) => one.cause.code === cause || !isOfBusyMachine(one));
      if (first?.cause.code !== cause || first.members.join() !== members.join()) return false;
      const actual = await alertsOf({ before, during }, alerts);
      last += `\n${actual.join()}`;
      return alerts.every((one) => actual.includes(one)) && actual.every((one) => [...alerts, ...may].includes(one));
    },
    { within, every: 200, lastSeen: () => last },
  );
  t.comment(last);
}

/** Resolves once nothing is found, except what is over, what a busy machine shows, and these. */
export async function faultOver({ diagnosis }: Pick<Look, 'diagnosis'>, others: readonly string[] = []): Promise<void> {
  let last = '';
  const isLeft = ({ countsAs, cause: { code } }: DiagnosisView['findings'][number]) =>
    countsAs !== 'over' && !others.includes(code);
  await until(
    'the diagnosis finds nothing',
    async () => {
      const view = await diagnosis();
      last = summaryOf(view);
      return !view.findings.some((one) => !isOfBusyMachine(one) && isLeft(one));
    },
    { within, every: 300, lastSeen: () => last },
  );
}

/** Each finding on a line. */
function summaryOf({ findings }: DiagnosisView): string {
  return findings
    .map(({ cause, members, proof, countsAs }) =>
      [
        countsAs === 'over' ? 'over:' : '',
        cause.code,
        members.join('+'),
        `(${proof.map(({ code }) => code).join()})`,
      ].join(' '),
    )
    .join('\n');
}
