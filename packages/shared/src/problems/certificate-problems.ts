import type { ProblemKind } from './problem-kind.ts';

/** What is wrong with certificates. */
export const certificateProblems = {
  'certificate-overdue': {
    subject: 'node',
    severity: 'warning',
    afterMinutes: 15,
    title: 'certificate not renewed',
    page: 'renew-certificates',
    shownBy: ['certificate_overdue', 'identity_ends', 'identity_ended'],
  },
  'operator-certificate-ends': {
    subject: 'operator',
    severity: 'warning',
    afterMinutes: 0,
    title: 'operator certificate ends',
    page: 'manage-operators',
    shownBy: ['operator_certificate_ends'],
  },
  'authority-ends': {
    subject: 'cluster',
    severity: 'warning',
    afterMinutes: 60,
    title: 'certificate authority ends',
    page: 'renew-certificates',
    shownBy: ['authority_ends'],
  },
} as const satisfies Readonly<Record<string, ProblemKind>>;
