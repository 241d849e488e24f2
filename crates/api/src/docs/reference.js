// Shows the OpenAPI document with Swagger UI. Kept in a file of its own, so that the page needs no
// inline script.
"use strict";

(async () => {
  const place = document.getElementById("reference");
  // A key to try calls with comes after #, where no server sees it; it does not stay in the address.
  const key = /^#key=(mp_[A-Za-z0-9_]+)$/.exec(window.location.hash)?.[1];
  if (key) {
    window.history.replaceState(null, "", window.location.pathname);
  }
  try {
    const answer = await fetch("/api/openapi.json");
    if (!answer.ok) {
      throw new Error(`the server answered ${answer.status}`);
    }
    const spec = await answer.json();
    // Calls go to the server that this page came from: no other is allowed, and the key decides the
    // environment anyway.
    spec.servers = [{ url: window.location.origin, description: "This server" }];
    const reference = window.SwaggerUIBundle({
      spec,
      domNode: place,
      deepLinking: true,
      defaultModelsExpandDepth: 0,
      displayRequestDuration: true,
      docExpansion: "list",
      filter: true,
      // The default would send the document's address to a public service.
      validatorUrl: null,
      onComplete: () => {
        if (key) {
          reference.preauthorizeApiKey("apiKey", key);
        }
      },
    });
  } catch (error) {
    const notice = document.createElement("p");
    notice.className = "notice";
    notice.textContent = `The OpenAPI document could not be loaded: ${error.message}. Reload the page to try again.`;
    place.replaceChildren(notice);
  }
})();
