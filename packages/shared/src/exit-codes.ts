import type { ErrorCode } from './errors.ts';

/** How the three programs end, and what that says. Scripts rely on these numbers. */
export const exitCodes = {
  done: {
    code: 0,
    meaning:
      'The command has done its work, or found that nothing was to do and said so. `--watch`, `--follow` and the services end so too after Ctrl-C or SIGTERM.',
  },
  failed: { code: 1, meaning: 'The command failed. The message says why and what to do.' },
  usage: {
    code: 2,
    meaning: 'The command line, or a file that it reads, is wrong, whoever has found that out. Nothing was changed.',
  },
  found: { code: 3, meaning: '`picket diagnose` or `picket-agent diagnose` has found a cause.' },
  // What a shell reports for a program that Ctrl-C has killed.
  interrupted: { code: 130, meaning: 'Only `picket`: Ctrl-C or SIGTERM ended the command before it was done.' },
} as const;

/** What an order is refused with if what it asks for is so already. */
const alreadySo: ReadonlySet<string> = new Set([
  'already_so',
  'identity_not_frozen',
  'member_leaves',
  'member_not_held',
  'not_frozen',
  'readoption_not_needed',
] satisfies ErrorCode[]);

/** Whether an error with this code says that what was ordered is so already: the command has nothing to do, and has not failed. */
export function isAlreadySo(code: string): boolean {
  return alreadySo.has(code);
}

/** How a program ends with this error. `status`: of HTTP; 400 and 422 say that the command line or a file that it reads is wrong, whoever found that out. */
export function exitCodeOf({ code, status }: { readonly code: string; readonly status: number }): ExitCode {
  if (isAlreadySo(code)) return exitCodes.done.code;
  return status === 400 || status === 422 ? exitCodes.usage.code : exitCodes.failed.code;
}

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]['code'];
