import { isoTime } from '@picket/shared/iso-time.ts';
import { plain } from '@picket/shared/plain.ts';
import { alarmOf } from '@picket/shared/problems/catalogue.ts';
import type { Severity } from '@picket/shared/protocol/notifications.ts';
import { cutText } from '@picket/shared/reasons/cut-text.ts';
import { durationOf } from '@picket/shared/reasons/durations.ts';
import { inWords } from '@picket/shared/reasons/in-words.ts';
import { shownTime } from '@picket/shared/reasons/shown-time.ts';
import type { Message, NotifiedProblem, ShownProblem } from '../model/notifications.ts';
import { flapsFrom } from './flapping.ts';

/** A message as a person or a program reads it. */
export interface Notification {
  readonly id: string;
  readonly at: string;
  readonly kind: 'problem' | 'recovered' | 'test';
  readonly severity: Severity | null;
  readonly title: string;
  readonly text: string;
  /** The address of the coordinator. */
  readonly coordinator: string;
  readonly problems: readonly object[];
  readonly recovered: readonly object[];
}

const longestWhy = 1000;
/**
 * Only here facts become words for a receiver. Pure.
 *
 * @param steadyAfterMs for how long a problem that changed often must stay the same
 */
export function notificationOf(message: Message, coordinator: string, steadyAfterMs: number): Notification {
  const { id, shown, others, over, unlisted } = message;
  const all = [...shown, ...others];
  const severity = all.length === 0 ? null : all.some(isCritical) ? 'critical' : 'warning';
  const uncounted = others.length + unlisted;
  const parts = [
    ...shown.map((one) => problemText(one, durationOf(steadyAfterMs))),
    ...(uncounted === 0 ? [] : [`${uncounted} more problems: \`picket status\` lists them for each cluster.`]),
    ...overText(message),
  ];
  return {
    id,
    at: isoTime(message.at),
    kind: all.length === 0 ? 'recovered' : 'problem',
    severity,
    title: titleOf(message, severity),
    text: `${parts.join('\n\n')}\n\nCoordinator: ${coordinator}`,
    coordinator,
    problems: [
      ...shown.map((one) => ({ ...about(one), message: whyOf(one), next: one.next, help: pageOf(one) })),
      ...others.map(about),
    ],
    recovered: over.map((one) => ({ ...about(one), gone: one.gone })),
  };
}

/** What `picket notify test` sends. */
export function testNotification(id: string, at: number, channel: string, coordinator: string): Notification {
  return {
    id,
    at: isoTime(at),
    kind: 'test',
    severity: null,
    title: 'Picket: test message',
    text: `The channel ${channel} works. No action needed.\n\nCoordinator: ${coordinator}`,
    coordinator,
    problems: [],
    recovered: [],
  };
}

function titleOf({ shown, others, over, unlisted }: Message, severity: Severity | null): string {
  const problems = [...shown, ...others];
  const [first] = problems;
  if (first === undefined) {
    const [only] = over;
    return over.length === 1 && only !== undefined ? `Over: ${subjectOf(only)}` : `Over: ${over.length} problems`;
  }
  const count = problems.length + unlisted;
  const more = count === 1 ? '' : ` and ${count - 1} more`;
  const often = count === 1 && first.flapping !== undefined ? ' (changes often)' : '';
  return `${severity === 'critical' ? 'Critical' : 'Warning'}: ${subjectOf(first)}${often}${more}`;
}

function problemText(problem: ShownProblem, steadyFor: string): string {
  const { cluster, next, since, flapping, isSteady } = problem;
  const page = pageOf(problem);
  const command = next?.command ?? (cluster === null ? null : `picket status ${cluster}`);
  const where = next?.on == null ? '' : `, as root on ${next.on.member} (${next.on.address})`;
  return [
    `${isCritical(problem) ? 'CRITICAL' : 'WARNING'}: ${subjectOf(problem)}`,
    whyOf(problem),
    `Since ${shownTime(isoTime(since))}.`,
    ...(flapping !== undefined
      ? [
          `This problem changes often: ${flapsFrom} times within an hour. You get no message about this problem until it has stayed ` +
            `the same for ${steadyFor}${isCritical(problem) ? '' : ', except if it becomes critical'}.`,
        ]
      : []),
    ...(isSteady ? [`This problem changed often, and has stayed the same for ${steadyFor}.`] : []),
    ...(command === null ? [] : [`Next: ${command}${where}`]),
    ...(page === null ? [] : [`Help: ${page}`]),
  ].join('\n');
}

const mostOver = 20;

function overText({ over, at }: Message): readonly string[] {
  if (over.length === 0) return [];
  const lines = over.slice(0, mostOver).map((one) => {
    const lasted = durationOf(Math.max(0, at - one.since));
    const how = one.gone ? 'no longer watched, because it is gone' : `over after ${lasted}`;
    return `${subjectOf(one)}: ${how}`;
  });
  const more = over.length - lines.length;
  return [[...lines, ...(more > 0 ? [`${more} more problems are over.`] : [])].join('\n')];
}

/** The same fields in each message about one problem, so that a program can bring the messages together. */
function about({ cluster, name, rule, since, flapping }: NotifiedProblem) {
  const severity = alarmOf(rule)?.severity ?? 'warning';
  return { cluster, name, problem: rule, severity, since: isoTime(since), changesOften: flapping !== undefined };
}

function subjectOf({ cluster, name, rule }: NotifiedProblem): string {
  const what = alarmOf(rule)?.title ?? rule;
  const who = [cluster ?? 'coordinator', ...(name === null ? [] : [name])].join('/');
  return plain(`${who}: ${what}`);
}

/** A node may have sent a part of it: no control character gets into a mail or a terminal. */
function whyOf({ why }: ShownProblem): string {
  const words = plain(cutText(inWords(why), longestWhy));
  const sentence = `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
  return /[.!?…]$/.test(sentence) ? sentence : `${sentence}.`;
}

function isCritical({ rule }: NotifiedProblem): boolean {
  return alarmOf(rule)?.severity === 'critical';
}

function pageOf({ rule }: NotifiedProblem): string | null {
  const found = alarmOf(rule);
  return found === null ? null : `docs/how-to/${found.page}.md`;
}
