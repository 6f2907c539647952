"""What all pages need: routing, language, assets, guards and error pages."""
