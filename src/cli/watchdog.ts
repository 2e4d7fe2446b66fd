/**
 * A process of its own that outlives the one that started it, to leave nothing behind when that one is killed with
 * a signal it cannot catch. Reads `+PID` and `-PID` lines; when its standard input ends, every process group still
 * on the list is killed.
 */
const groups = new Set<number>();
let rest = '';

process.stdin.setEncoding('utf8');
process.stdin.on('data', (chunk: string) => {
  const lines = (rest + chunk).split('\n');
  rest = lines.pop() ?? '';
  for (const line of lines) {
    const pid = Number(line.slice(1));
    if (!Number.isInteger(pid) || pid <= 1) continue;
    if (line.startsWith('+')) groups.add(pid);
    else groups.delete(pid);
  }
});
// A starter that was killed may end the pipe with an error; closed it is in either case.
process.stdin.on('error', () => {});
process.stdin.on('close', () => {
  for (const pid of groups) {
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // Gone already.
    }
  }
});
// Ctrl-C in the terminal is for the starter, whose going this process waits for.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
