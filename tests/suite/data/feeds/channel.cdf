<?xml version="1.0"?>
<CHANNEL HREF="https://cdf.example/index.html" LASTMOD="1998-11-05T22:12">
  <TITLE>Old Channel</TITLE>
  <ABSTRACT>From another time</ABSTRACT>
  <LOGO HREF="logo.gif" STYLE="ICON"/>
  <ITEM HREF="https://cdf.example/one.html" LASTMOD="1998-11-05T22:12">
    <TITLE>One page</TITLE>
    <ABSTRACT>About it</ABSTRACT>
  </ITEM>
</CHANNEL>
