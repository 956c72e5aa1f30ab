// Gradio answers through one stream and closes it when nothing is due. What is asked in that very
// moment is taken to come through the stream that is being closed, and its answer never arrives. So
// the page's stream closes only when no answer is due, and nothing is asked while it closes.
(() => {
  const plain = window.fetch.bind(window);
  const due = new Set();
  const early = new Set();  // answered before it was known what was asked
  const asking = new Set();
  let closing = Promise.resolve();

  async function ask(...request) {
    await closing;
    const asked = plain(...request).then(async (answer) => {
      const { event_id: event } = await answer.clone().json().catch(() => ({}));
      if (event && !early.delete(event)) due.add(event);
      return answer;
    });
    asking.add(asked);
    return asked.finally(() => asking.delete(asked));
  }

  // [the message that ends the stream, whether any came before it]; null where it broke off
  async function pass(answer, out) {
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    const encoder = new TextEncoder();
    let rest = "";
    let passed = false;
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return [null, passed];
      const messages = (rest + value).split("\n\n");
      rest = messages.pop();
      for (const message of messages) {
        const bytes = encoder.encode(`${message}\n\n`);
        const { msg, event_id: event } = JSON.parse(message.replace(/^data:/, ""));
        if (msg === "close_stream") return [bytes, passed];
        if (msg === "process_completed" && !due.delete(event)) early.add(event);
        passed = true;
        out.enqueue(bytes);
      }
    }
  }

  async function listen(...request) {
    let answer = await plain(...request);
    if (!answer.ok) return answer;
    const { status, headers } = answer;
    const body = new ReadableStream({
      async start(out) {
        try {
          for (;;) {
            const [end, passed] = await pass(answer, out);
            await Promise.allSettled([...asking]);
            const more = end && passed && due.size;
            if (more) answer = await plain(...request);
            if (more && answer.ok) continue;
            due.clear();
            early.clear();
            closing = new Promise((resolve) => { setTimeout(resolve); });
            if (end) out.enqueue(end);
            out.close();
            return;
          }
        } catch (error) {  // the page let go of it
          out.error(error);
        }
      },
    });
    return new Response(body, { status, headers });
  }

  window.fetch = (resource, ...options) => {
    const { pathname } = new URL(resource.url ?? resource, location.href);
    if (pathname.endsWith("/queue/join")) return ask(resource, ...options);
    if (pathname.endsWith("/queue/data")) return listen(resource, ...options);
    return plain(resource, ...options);
  };
})();
