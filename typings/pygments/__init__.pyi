# The part of Pygments that we use; it comes without types.
