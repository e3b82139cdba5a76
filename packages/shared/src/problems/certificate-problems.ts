import { alarm, type ProblemKind } from './problem-kind.ts';

/** What is wrong with certificates. */
export const certificateProblems = {
  'certificate-overdue': {
    subject: 'node',
    alarm: alarm('warning', 15, 'certificate not renewed', 'renew-certificates'),
    shownBy: ['certificate_overdue', 'identity_ends', 'identity_ended'],
  },
  'operator-certificate-ends': {
    subject: 'operator',
    alarm: alarm('warning', 0, 'operator certificate ends', 'manage-operators'),
    shownBy: ['operator_certificate_ends'],
  },
  'authority-ends': {
    subject: 'cluster',
    alarm: alarm('warning', 60, 'certificate authority ends', 'renew-certificates'),
    shownBy: ['authority_ends'],
  },
} as const satisfies Readonly<Record<string, ProblemKind>>;
