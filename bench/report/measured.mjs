/** Loaded into a command that is measured: tells its parent, at the end, what it cost. */
process.on('exit', () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ cpuSeconds: (user + system) / 1e6, megabytes: process.resourceUsage().maxRSS / 1024 });
});
process.channel?.unref();
