"""The headers that every answer carries, whatever its status."""

from flask import Flask, Response, request

from campaigns.settings import Settings

POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
}


def policy(**more: str) -> str:
    """The content security policy; `form_action="'self' https://…"` replaces that line for a page that needs it."""
    lines = POLICY | {name.replace("_", "-"): value for name, value in more.items()}
    return "; ".join(f"{name} {value}" for name, value in lines.items())


RETRY_S = 30

BASE = {
    "X-Content-Type-Options": "nosniff",
    # no-referrer would send `Origin: null` with our own forms
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def base_headers(settings: Settings) -> dict[str, str]:
    """For answers that don't pass through Flask too."""
    secure = {"Strict-Transport-Security": "max-age=31536000; includeSubDomains"} if settings.is_https else {}
    return BASE | secure


def install(app: Flask, settings: Settings) -> None:
    """Put them on every answer; a view that set one of its own keeps it."""
    always = base_headers(settings)
    strict = policy()

    @app.after_request
    def protect(response: Response) -> Response:
        for name, value in always.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Content-Security-Policy", strict)
        response.headers.setdefault("X-Frame-Options", "DENY")
        if not request.path.startswith("/static/"):
            # private pages must not lie in any cache; public ones say otherwise themselves
            response.headers.setdefault("Cache-Control", "private, no-store")
        if response.status_code == 503:
            response.headers.setdefault("Retry-After", str(RETRY_S))
        return response
