import { byInWords } from '@picket/shared/events/by.ts';
import type { InstallerView } from '@picket/shared/protocol/installer.ts';
import type { TokenCreated, TokenView } from '@picket/shared/protocol/tokens.ts';
import { installLine } from './install-line.ts';
import { renderTable } from './table.ts';
import { dateTime, endOf, span, type Times } from './units.ts';

/**
 * The join string and what to do with it. It is in the environment, never an argument, because `ps` shows arguments (R11).
 *
 * @param installer null if the coordinator has no agent to hand out. The agent must then already be on the host.
 */
export function createdToken(token: TokenCreated, server: string, installer: InstallerView | null): string {
  const lasts = span(Date.parse(token.expiresAt) - Date.parse(token.createdAt));
  const uses = token.usesAllowed === 1 ? 'once' : `${token.usesAllowed} times`;
  const only = token.member ?? token.client?.name ?? null;
  const where = only === null ? 'each host that should join' : `the host ${only}`;
  const what = token.client === null ? 'nodes' : 'clients';
  return [
    `Token ${token.id} joins ${what} to the cluster ${token.cluster}. It can be used ${uses}, until ${dateTime(token.expiresAt)} (in ${lasts}).`,
    '',
    `On ${where}, as root, paste:`,
    '',
    ...lines(token, server, installer).map((line) => `    ${line}`),
    '',
    ...(installer === null ? [toRunIt, ''] : []),
    `The join string is shown only now. If others get it, revoke it: picket token revoke ${token.id}`,
  ].join('\n');
}

function lines(
  { joinString, client, release }: TokenCreated,
  server: string,
  installer: InstallerView | null,
): readonly string[] {
  const options = client === null ? [] : ['--client'];
  const withoutPackage = release === undefined ? [] : ['--release'];
  if (installer !== null) return [installLine({ installer, joinString, options: [...options, ...withoutPackage] })];
  return [
    `PICKET_JOIN='${joinString}' picket-agent ${['join', ...options].join(' ')} --coordinator ${server}`,
    'picket-agent run',
  ];
}

const toRunIt =
  'picket-agent must already be installed there, because this coordinator has no agent to hand out (`npm run build` makes one; ' +
  'then this is one line that installs it).\nTo run the agent as a service: rc-update add picket-agent default && rc-service picket-agent start';

/** `picket token list` */
export function tokenTable(tokens: readonly TokenView[], times: Times): string {
  if (tokens.length === 0) return 'No join tokens. `picket token create CLUSTER` makes one.';
  return renderTable(
    ['ID', 'CLUSTER', 'ADMITS', 'USED', 'EXPIRES', 'STATE', 'CREATED BY'],
    tokens.map((token) => [
      token.id,
      token.cluster,
      admits(token),
      `${token.usesSpent} of ${token.usesAllowed}`,
      endOf(token.expiresAt, times),
      stateOf(token, times.now),
      byInWords(token.createdBy),
    ]),
  );
}

function admits({ member, client }: TokenView): string {
  if (client !== null) return client.name === null ? 'any client' : `client ${client.name}`;
  return member === null ? 'any member' : `member ${member}`;
}

function stateOf({ expiresAt, usesSpent, usesAllowed, isVoid }: TokenView, now: number): string {
  if (isVoid) return 'void (coordinator restored)';
  if (usesSpent >= usesAllowed) return 'used up';
  return Date.parse(expiresAt) <= now ? 'expired' : 'valid';
}
