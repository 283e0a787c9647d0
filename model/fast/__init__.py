"""The specification's own steps and laws, compiled and vectorised: no second copy of any rule."""
