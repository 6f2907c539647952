/* The report form with scripts: screens change without loading a page, Back of the browser is Back of the form, the browser does its sum.
   Everything here also works without it. */
(function () {
  "use strict";
  var portal = window.portal = window.portal || {};
  var report = portal.report = { enhance: [], go: go, say: say, words: words, field: field, hidden: hiddenField, atRest: atRest, isComplete: function () { return true; } };
  var sending = false;

  function page() { return document.querySelector("main .report"); }
  function form() { return document.getElementById("report-form"); }
  function words() { return page().dataset; }

  /* A field of the form by its name, made where the screen carries none. */
  function field(name) {
    return form().elements[name] || hiddenField(name);
  }

  function hiddenField(name) {
    var made = document.createElement("input");
    made.type = "hidden";
    made.name = name;
    return form().appendChild(made);
  }

  /* Press a button of the form: send it and put the screen that comes back in the place of this one. */
  function go(verb, body, from, address) {
    if (sending) return Promise.resolve();
    var sent = body || new FormData(form());
    report.outgoing(sent);
    sent.set("go", verb);
    sent.set("step", form().dataset.step);
    say(words().sending);
    sending = true;
    page().classList.add("is-sending");
    // The address that the form itself goes to; a field called action would hide the property.
    return fetch(form().getAttribute("action").replace("/report/send", address || "/report"), { method: "POST", body: sent }).then(function (answer) {
      if (answer.redirected) return location.assign(answer.url);
      return answer.text().then(function (html) { show(html, answer.ok, from); });
    }).catch(function () {
      say(words().failed);
      report.unreachable();
    }).then(atRest);
  }

  function show(html, isFine, from) {
    var next = new DOMParser().parseFromString(html, "text/html");
    var screen = next.querySelector("main .report");
    var before = form().dataset.step;
    if (!isFine || !screen) {
      // A refusal has a page of its own; the form stays beneath it, one step back.
      say((next.querySelector("main .lead, main p") || next.body).textContent.trim() || words().failed);
      return;
    }
    page().replaceWith(document.importNode(screen, true));
    document.title = next.title;
    if (form() && form().dataset.step !== before && from !== "history") history.pushState({ step: form().dataset.step }, "");
    prepare(form() && form().dataset.step === before ? from : "");
  }

  /* What is said to ears and shown at the foot of the form. */
  function say(text) {
    var place = document.getElementById("report-said");
    if (!place) {
      place = document.createElement("p");
      place.id = "report-said";
      place.setAttribute("role", "status");
      form().appendChild(place);
    }
    place.textContent = text;
  }

  function prepare(kept) {
    if (!form()) return;
    page().classList.add("has-scripts");
    form().addEventListener("submit", submitted);
    report.enhance.forEach(function (make) { make(form()); });
    if (kept === undefined) return; // as the page was loaded, the browser knows where it is
    var target = document.getElementById("problems") || (kept && document.querySelector('[name="go"][value="' + kept + '"]')) || document.getElementById("question");
    scrollTo(0, 0);
    if (target) target.focus({ preventScroll: target.id === "question" });
  }

  function submitted(event) {
    var verb = event.submitter ? event.submitter.value : "next";
    if (["check", "offline"].indexOf(form().dataset.step) >= 0 && verb === "next") return lastOne(event);
    event.preventDefault();
    event.stopPropagation();
    go(verb);
  }

  /* The report itself: kept on the phone until the portal has it. Where nothing can be kept it goes as a plain form; twice is once. */
  function lastOne(event) {
    event.preventDefault();
    if (sending || !report.isComplete()) return;
    sending = true;
    page().classList.add("is-sending");
    say(words().sending);
    var whole = form();
    report.send().catch(function () {
      whole.submit();
    }).then(function () {
      // As long as the next page is on its way, nothing is sent once more.
      if (form() !== whole) atRest();
    });
  }

  function atRest() {
    sending = false;
    if (page()) page().classList.remove("is-sending");
  }
  addEventListener("pageshow", atRest);

  addEventListener("popstate", function (event) {
    if (form() && event.state && event.state.step) go("to:" + event.state.step, null, "history");
  });

  /* In another language the report goes on where it was. */
  document.addEventListener("click", function (event) {
    var link = event.target.closest && event.target.closest("a[hreflang]");
    if (!link || !form() || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    hiddenField("go").value = "to:" + form().dataset.step;
    form().action = "/report" + link.search;
    if (form().elements.lang) form().elements.lang.disabled = true;
    form().submit();
  });

  /* Letters left of a long text, said when it gets short. */
  report.enhance.push(function (root) {
    [].forEach.call(root.querySelectorAll("textarea[data-most]"), function (box) {
      var place = box.parentNode.querySelector(".report-left");
      function count() {
        var left = Number(box.dataset.most) - box.value.length;
        place.textContent = left > 500 ? "" : (left < 0 ? words().over : words().left).replace("{n}", Math.abs(left));
      }
      box.addEventListener("input", count);
      count();
    });
  });

  /* Types narrow down while one types. */
  report.enhance.push(function (root) {
    var box = root.querySelector("#words");
    if (!box || !root.querySelector(".report-all")) return; // of types that were found already, others may be meant by other words
    var types = [].slice.call(root.querySelectorAll("[data-words]"));
    var groups = [].slice.call(root.querySelectorAll(".report-group, .report-likely, .report-all"));
    var wereOpen = groups.map(function (group) { return group.open; });
    function plain(text) { return text.toLowerCase().normalize("NFD").replace(/[\u0300-\u036f]/g, ""); }
    box.addEventListener("input", function () {
      var typed = plain(box.value).split(/\s+/).filter(Boolean);
      // As the server does: the types that most of the words fit. Where none does, all stay, and Find looks in what others have written.
      var scores = types.map(function (type) {
        var about = plain(type.dataset.words);
        return typed.filter(function (word) { return about.indexOf(word) >= 0; }).length;
      });
      var most = Math.max.apply(null, scores.concat(0));
      types.forEach(function (type, i) { type.hidden = scores[i] < most; });
      groups.forEach(function (group, i) {
        group.hidden = !group.querySelector("[data-words]:not([hidden])");
        if ("open" in group) group.open = most ? true : wereOpen[i];
      });
      var fit = types.filter(function (type) { return !type.hidden; }).length;
      var said = !most ? words().foundNone : fit === 1 ? words().foundOne : words().found.replace("{n}", fit);
      root.querySelector(".report-count").textContent = typed.length ? said : "";
    });
  });

  /* The browser's piece of work, done while one reads. */
  report.enhance.push(function (root) {
    var proof = root.querySelector("#proof");
    if (!proof) return;
    portal.kept.solve(JSON.parse(proof.dataset.challenge), function () { return document.contains(proof); }).then(function (solved) { proof.value = solved; });
  });

  document.addEventListener("DOMContentLoaded", function () {
    if (!form()) return;
    history.replaceState({ step: form().dataset.step }, "");
    prepare();
  });
})();
