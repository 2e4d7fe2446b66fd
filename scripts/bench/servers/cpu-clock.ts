/** User and system time of this process, lap by lap. */
export interface CpuClock {
  /** Milliseconds since the last lap, or since the clock was made. */
  lap(): number;
}

export function createCpuClock(): CpuClock {
  let from = process.cpuUsage();
  return {
    lap() {
      const { user, system } = process.cpuUsage(from);
      from = process.cpuUsage();
      return (user + system) / 1_000;
    },
  };
}
