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
    meaning:
      'The command line, or a file that it reads, is wrong. Nothing was changed. `picket` ends so too if the coordinator finds a value wrong.',
  },
  found: { code: 3, meaning: '`picket diagnose` or `picket-agent diagnose` has found a cause.' },
  // What a shell reports for a program that Ctrl-C has killed.
  interrupted: { code: 130, meaning: 'Only `picket`: Ctrl-C or SIGTERM ended the command before it was done.' },
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]['code'];
