/** What a reader of events should know. */
export const eventReasons = {
  events_missing:
    'Events after number {after} are missing here: the coordinator has removed them, or it was restored from a backup.',
} as const;
