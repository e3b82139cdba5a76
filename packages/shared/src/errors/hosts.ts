import { unprocessableContent } from './by-status.ts';
/** Errors in hosts.csv. */
export const hostsErrors = {
  hosts_file_unreadable: unprocessableContent(
    'The host list cannot be read: {problem}.',
    'A host list is a small UTF-8 text file with an address and a name on each line, as in 192.168.7.11,x-k3s-m-1.',
  ),
  hosts_file_invalid: unprocessableContent(
    'The host list is not valid: {problems}.',
    'Correct each line. A line has an address and a name, as in 192.168.7.11,x-k3s-m-1. Nothing was changed.',
  ),
} as const;
