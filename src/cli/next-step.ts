const PROGRAM = "multimodal-video-tag";

/** A command as it can be typed or pasted: what a shell would take apart stands in quotes. */
export function commandLine(...words: readonly string[]): string {
  return [PROGRAM, ...words].map(shellWord).join(" ");
}

function shellWord(word: string): string {
  if (/^[\p{L}\p{N}@%+=:,./\\_-]+$/u.test(word)) return word;
  // Windows knows double quotes alone, and no name there has one in it.
  return process.platform === "win32" ? `"${word}"` : `'${word.replaceAll("'", "'\\''")}'`;
}
