import type { Scene } from '../diagnosis/rules/evidence.ts';
import { there } from '../diagnosis/rules/rule.ts';
import { alarm, type ProblemKind } from './problem-kind.ts';

/** What is wrong with certificates. */
export const certificateProblems = {
  'certificate-overdue': {
    subject: 'node',
    alarm: alarm('warning', 15, 'certificate not renewed', 'renew-certificates'),
    shownBy: ['certificate_overdue', 'identity_ends', 'identity_ended'],
    causes: [
      {
        cause: 'cause_renewal_late',
        page: 'renew-certificates.md#if-a-renewal-fails',
        shownBy: [
          'certificate_overdue',
          'identity_ends',
          'authority_ends',
          'operator_certificate_ends',
          'certificate_pauses',
        ],
        proves: (one) =>
          one.code !== 'certificate_overdue' || (one.facts as { readonly isOver?: boolean }).isOver !== true,
        next: (of, { cluster, place }) =>
          place === 'board'
            ? there('picket-agent once')(of, { place } as Scene)
            : { command: `picket certificates ${cluster}`, on: null },
        explains: [],
        isMinor: true,
      },
    ],
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
