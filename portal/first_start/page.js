/* Renews the numbers in place; without scripts the page asks for itself. */
const renew = async () => {
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (answer.status !== 503) { location.reload(); return; }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    document.title = page.title;
    for (const id of ["sentence", "step", "time-left"]) {
      document.getElementById(id).textContent = page.getElementById(id).textContent;
    }
    const bar = page.querySelector("progress");
    document.querySelector("progress").max = bar.max;
    document.querySelector("progress").value = bar.value;
  } catch { /* the server is being started again: ask again */ }
  setTimeout(renew, 1000);
};
setTimeout(renew, 1000);
