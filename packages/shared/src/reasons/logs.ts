/** Why the log of a node is not there to be read. */
export const logReasons = {
  log_order_not_fetched: ({ reportedAt }: { readonly reportedAt: string | null }) =>
    reportedAt === null
      ? 'its agent does not fetch orders, and has never reported'
      : `its agent does not fetch orders; its last report is from ${reportedAt}`,
  log_order_not_answered: 'its agent has fetched the order and has not answered',
  log_missing: '{path} does not exist, or is no regular file with one name',
  log_goes_elsewhere: 'the output of the agent goes neither to a file nor to the journal',
  journal_unreadable: 'journalctl does not give the lines of {service} within 5 s',
} as const;
