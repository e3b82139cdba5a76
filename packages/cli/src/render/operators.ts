import type { LoginCreated, OperatorView } from '@picket/shared/protocol/operators.ts';
import type { Role } from '@picket/shared/protocol/roles.ts';
import { renderTable } from './table.ts';
import { dateTime, endOf, type Times } from './units.ts';

/** The login string, and how it is used. It is no argument of a command, because `ps` shows arguments (R11). */
export function invited({ name, role, loginString, loginExpiresAt, url }: LoginCreated): string {
  const until = loginExpiresAt === null ? '' : `, until ${dateTime(loginExpiresAt)}`;
  return [
    `The operator ${name} has the role ${role}. The login string can be used once${until}.`,
    '',
    'On the machine of the operator, run:',
    '',
    `    picket login ${url}`,
    '',
    'It asks for this login string:',
    '',
    `    ${loginString}`,
    '',
    'Send the login string by a way that only the operator reads. It is shown only now.',
  ].join('\n');
}

/** `picket operator list` */
export function operatorTable(operators: readonly OperatorView[], times: Times): string {
  return renderTable(
    ['OPERATOR', 'ROLE', 'CERTIFICATE EXPIRES', 'LOGIN STRING'],
    operators.map(({ name, role, certificateExpiresAt, loginExpiresAt }) => [
      name,
      role,
      certificateExpiresAt === null ? 'none' : endOf(certificateExpiresAt, times),
      loginExpiresAt && `until ${dateTime(loginExpiresAt)}`,
    ]),
  );
}

export function roleChanged({ name, role }: OperatorView): string {
  return `The operator ${name} has the role ${role}, from its next request on.`;
}

export function revoked(name: string): string {
  return `The operator ${name} is revoked. Its certificates are refused, and join tokens that it made have ended.`;
}

/** What an operator is after `picket login`. */
interface NewOperator {
  readonly server: string;
  readonly operator: string;
  readonly role: Role;
  /** The end of the certificate. */
  readonly until: string;
  readonly contextFile: string;
}

export function loggedIn({ server, operator, role, until, contextFile }: NewOperator): string {
  return [
    `You are the operator ${operator} (${role}) at ${server}, until ${dateTime(until)}.`,
    `The context file ${contextFile} holds your private key, which no other machine has.`,
  ].join('\n');
}
