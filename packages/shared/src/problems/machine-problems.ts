import type { ProblemKind } from './problem-kind.ts';

/** What the machines of members lack. */
export const machineProblems = {
  'disk-nearly-full': {
    subject: 'member',
    severity: 'warning',
    afterMinutes: 15,
    title: 'disk nearly full',
    page: 'free-space-in-etcd',
    shownBy: ['disk_nearly_full'],
  },
  'disk-slow': {
    subject: 'member',
    severity: 'warning',
    afterMinutes: 30,
    title: 'disk too slow',
    page: 'troubleshoot',
    shownBy: ['disk_slow'],
  },
  'board-hot': {
    subject: 'member',
    severity: 'warning',
    afterMinutes: 15,
    title: 'board too hot',
    page: 'troubleshoot',
    shownBy: ['hot'],
  },
  'clock-off': {
    subject: 'member',
    severity: 'warning',
    afterMinutes: 10,
    title: 'clock wrong',
    page: 'fix-a-wrong-clock',
    shownBy: ['clock_off'],
  },
} as const satisfies Readonly<Record<string, ProblemKind>>;
