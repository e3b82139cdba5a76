const minuteMs = 60_000;
const dayMs = 86_400_000;

/** As a person would say it: days, hours and minutes, minutes, or seconds with one decimal. */
export function durationOf(ms: number): string {
  if (ms >= dayMs) {
    const days = Math.floor(ms / dayMs);
    return days === 1 ? '1 day' : `${days} days`;
  }
  const minutes = Math.floor(ms / minuteMs);
  if (minutes === 0) return `${(ms / 1000).toFixed(1)} s`;
  if (minutes < 60) return `${minutes} min`;
  const hours = `${Math.floor(minutes / 60)} h`;
  return minutes % 60 === 0 ? hours : `${hours} ${minutes % 60} min`;
}
