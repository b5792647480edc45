// Questions to the API: each with a deadline, and answered with words when they cannot be answered.

const WITHIN_MS = 15_000; // a little more than the server gives itself

export async function ask(what, query = {}) {
  let answer, content;
  try {
    answer = await fetch(`/api/${what}?${new URLSearchParams(query)}`, { signal: AbortSignal.timeout(WITHIN_MS) });
    content = await answer.json();
  } catch {
    throw new Error("The collector does not answer; it may have been stopped.");
  }
  if (!answer.ok) throw new Error(content.error?.message ?? `it was refused (${answer.status})`);
  return content;
}
