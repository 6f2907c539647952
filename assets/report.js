/* The report form with scripts: screens change without loading a page, the browser's Back is the
   form's Back, and the browser solves its sum. All of this also works without scripts. */
(function () {
  "use strict";
  const portal = window.portal = window.portal || {};
  const report = portal.report = {
    enhancers: [],
    submitScreen, announce, getWords, getField, addHiddenField, finishSending,
    isComplete: () => true
  };
  let isSending = false;

  function getPage() {
    return document.querySelector("main .report");
  }

  function getForm() {
    return document.getElementById("report-form");
  }

  function getWords() {
    return getPage().dataset;
  }

  /* A field of the form by its name, added if the screen doesn't have it. */
  function getField(name) {
    return getForm().elements[name] || addHiddenField(name);
  }

  function addHiddenField(name) {
    const made = document.createElement("input");
    made.type = "hidden";
    made.name = name;
    return getForm().appendChild(made);
  }

  /* Acts like a button of the form: sends it and shows the screen that comes back. */
  async function submitScreen(verb, body, from, address) {
    if (isSending) return;
    const sent = body || new FormData(getForm());
    report.attachPhotos(sent);
    sent.set("go", verb);
    sent.set("step", getForm().dataset.step);
    startSending();
    try {
      const answer = await fetch(writeAddress(address), { method: "POST", body: sent });
      if (answer.redirected) location.assign(answer.url);
      else showScreen(await answer.text(), from);
    } catch (problem) {
      announce(getWords().failed);
      report.offerToFinishOffline();
    }
    finishSending();
  }

  /* Reads the attribute, because a field called action would hide the property. */
  function writeAddress(address) {
    return getForm().getAttribute("action").replace("/report/send", address || "/report");
  }

  function startSending() {
    announce(getWords().sending);
    isSending = true;
    getPage().classList.add("is-sending");
  }

  function finishSending() {
    isSending = false;
    if (getPage()) getPage().classList.remove("is-sending");
  }

  /* A refusal that will pass, such as a full disk, comes as a screen too. */
  function showScreen(html, from) {
    const next = new DOMParser().parseFromString(html, "text/html");
    const screen = next.querySelector("main .report");
    if (!screen) {
      showRefusal(next);
      return;
    }
    const before = getForm().dataset.step;
    getPage().replaceWith(document.importNode(screen, true));
    document.title = next.title;
    const step = getForm() && getForm().dataset.step;
    if (step && step !== before && from !== "history") history.pushState({ step }, "");
    setUpScreen(step === before && from || "");
  }

  /* A refusal has a page of its own. Only its text is shown, below the form, which stays. */
  function showRefusal(page) {
    const text = page.querySelector("main .lead, main p") || page.body;
    announce(text.textContent.trim() || getWords().failed);
  }

  /* Read aloud, and shown at the foot of the form. */
  function announce(text) {
    const place = document.getElementById("report-said") || addAnnouncer();
    place.textContent = text;
  }

  function addAnnouncer() {
    const place = document.createElement("p");
    place.id = "report-said";
    place.setAttribute("role", "status");
    return getForm().appendChild(place);
  }

  /* `pressed` is the button that keeps the focus, unless something on the screen wants an answer
     first; undefined when the page has just loaded. */
  function setUpScreen(pressed) {
    if (!getForm()) return;
    getPage().classList.add("has-scripts");
    getForm().addEventListener("submit", onSubmit);
    report.enhancers.forEach(enhance => enhance(getForm()));
    if (pressed !== undefined) moveFocus(pressed);
  }

  function moveFocus(pressed) {
    const target = document.getElementById("problems") ||
      document.querySelector(".report-choices button") ||
      findButton(pressed) ||
      document.getElementById("question");
    scrollTo(0, 0);
    if (target) target.focus({ preventScroll: target.id === "question" });
  }

  function findButton(verb) {
    const buttons = [...getForm().querySelectorAll("[name=go]:not(.report-enter)")];
    return verb && buttons.find(button => button.value === verb);
  }

  function onSubmit(event) {
    const verb = event.submitter ? event.submitter.value : "next";
    const isLast = ["check", "offline"].includes(getForm().dataset.step) && verb === "next";
    event.preventDefault();
    if (isLast) {
      sendWhole();
      return;
    }
    event.stopPropagation();
    submitScreen(verb, null, verb);
  }

  /* The whole report is stored on the phone until the portal has it. If nothing can be stored, it
     goes as a plain form; the portal counts a report that arrives twice once. */
  function sendWhole() {
    if (isSending || !report.isComplete()) return;
    const whole = getForm();
    startSending();
    report.sendReport().catch(() => whole.submit()).then(() => {
      // While the next page is loading, nothing may be sent again.
      if (getForm() !== whole) finishSending();
    });
  }

  function hasModifier(event) {
    return event.metaKey || event.ctrlKey || event.shiftKey;
  }

  /* In another language, the report continues where it was. */
  function switchLanguage(event) {
    const link = event.target.closest && event.target.closest("a[hreflang]");
    const form = getForm();
    if (!link || !form || hasModifier(event)) return;
    event.preventDefault();
    addHiddenField("go").value = `to:${form.dataset.step}`;
    form.action = `/report${link.search}`;
    if (form.elements.lang) form.elements.lang.disabled = true;
    form.submit();
  }

  addEventListener("pageshow", finishSending);
  addEventListener("popstate", event => {
    const step = getForm() && event.state && event.state.step;
    if (step) submitScreen(`to:${step}`, null, "history");
  });
  document.addEventListener("click", switchLanguage);
  document.addEventListener("DOMContentLoaded", () => {
    if (!getForm()) return;
    history.replaceState({ step: getForm().dataset.step }, "");
    setUpScreen();
  });

  /* How many characters are left in a long text, once there are few. */
  report.enhancers.push(root => {
    root.querySelectorAll("textarea[data-most]").forEach(box => {
      box.addEventListener("input", () => countCharacters(box));
      countCharacters(box);
    });
  });

  function countCharacters(box) {
    const left = Number(box.dataset.most) - box.value.length;
    const text = left < 0 ? getWords().over : getWords().left;
    const place = box.parentNode.querySelector(".report-left");
    place.textContent = left > 500 ? "" : text.replace("{n}", Math.abs(left));
  }

  /* The list of types narrows down while the visitor types. A list that was already searched for
     stays: other words may have found its types. */
  report.enhancers.push(root => {
    const box = root.querySelector("#words");
    if (!box || !root.querySelector(".report-all")) return;
    const types = [...root.querySelectorAll("[data-words]")];
    const groups = [...root.querySelectorAll(".report-group, .report-likely, .report-all")];
    const wereOpen = groups.map(group => group.open);
    box.addEventListener("input", () => {
      const typed = simplify(box.value).split(/\s+/).filter(Boolean);
      const most = showBestTypes(types, typed);
      groups.forEach((group, i) => updateGroup(group, most > 0 || wereOpen[i]));
      const shown = types.filter(type => !type.hidden).length;
      const text = typed.length ? describeCount(most, shown) : "";
      root.querySelector(".report-count").textContent = text;
    });
  });

  function simplify(text) {
    return text.toLowerCase().normalize("NFD").replace(/[\u0300-\u036f]/g, "");
  }

  /* Shows the types that match the most words, as the server does, and returns how many words that
     is. If none match, all stay, and Find looks through what others have written. */
  function showBestTypes(types, typed) {
    const scores = types.map(type => {
      const about = simplify(type.dataset.words);
      return typed.filter(word => about.includes(word)).length;
    });
    const most = Math.max(0, ...scores);
    types.forEach((type, i) => {
      type.hidden = scores[i] < most;
    });
    return most;
  }

  function updateGroup(group, isOpen) {
    group.hidden = !group.querySelector("[data-words]:not([hidden])");
    if ("open" in group) group.open = isOpen;
  }

  function describeCount(most, shown) {
    if (!most) return getWords().foundNone;
    return shown === 1 ? getWords().foundOne : getWords().found.replace("{n}", shown);
  }

  /* The browser's sum (proof of work), solved while the visitor reads. */
  report.enhancers.push(async root => {
    const proof = root.querySelector("#proof");
    if (!proof) return;
    const challenge = JSON.parse(proof.dataset.challenge);
    proof.value = await portal.kept.solve(challenge, () => document.contains(proof));
  });
})();
